// The public face of sealing.
export {};
