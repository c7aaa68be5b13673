// The public face of fhir.
export {};
