export * from './contract/events.js';
