import { CreateRelay1764000006000 } from './1764000006000-create-relay.js';

export const relayMigrations = [CreateRelay1764000006000];
