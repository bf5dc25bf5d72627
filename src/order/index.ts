export * from './contract/events.js';
export * from './contract/order-status.js';
export * from './contract/queries.js';
