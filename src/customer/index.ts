export * from './contract/events.js';
export * from './contract/queries.js';
