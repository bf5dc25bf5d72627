// Loaded into each instance before the service: what watches it, and what breaks it, from outside of its code.
import './preload/ends-with-harness.mjs';
import { joinWitnesses } from './preload/witness.mjs';
import { wrapBoundaries } from './preload/boundaries.mjs';

await wrapBoundaries();
await joinWitnesses();
