export { CurrentCaller, nameOf, ownerFor, type Caller } from './caller.js';
export { Idempotent, type Once } from './idempotent.js';
export { Public, Roles, type Role } from './roles.js';
