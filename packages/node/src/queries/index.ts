// The read side of the store: functions over one snapshot, for the API and whoever else answers questions.

export * from './blocks.ts';
export * from './light.ts';
export * from './once.ts';
export * from './reader.ts';
export * from './state.ts';
export * from './transactions.ts';
