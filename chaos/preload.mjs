// Loaded into each instance before the service: what watches it, and what breaks it, from outside of its code.
import { joinWitnesses } from './preload/witness.mjs';
import { wrapBoundaries } from './preload/boundaries.mjs';

await wrapBoundaries();
await joinWitnesses();
// The channel to the harness must not keep a service alive that wants to end.
process.channel?.unref();
