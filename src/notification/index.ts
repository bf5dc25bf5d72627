export * from './contract/queries.js';
