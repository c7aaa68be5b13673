// The public face of the simulated network. Judges nothing: who checks a run listens to its cluster.

export * from './cluster/cluster.ts';
export * from './cluster/identities.ts';
export * from './cluster/membership.ts';
export * from './cluster/set-changes.ts';
export * from './cluster/signed-content.ts';
export * from './cluster/sim-node.ts';
export * from './cluster/transactions.ts';
export * from './cluster/workload.ts';
export * from './world/key-registry.ts';
export * from './world/life.ts';
export * from './world/message-words.ts';
export * from './world/prng.ts';
export * from './world/scheduler.ts';
export * from './world/sim-clock.ts';
export * from './world/sim-disk.ts';
export * from './world/sim-kv.ts';
export * from './world/sim-net.ts';
export * from './world/trace.ts';
