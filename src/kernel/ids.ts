import { v7 } from 'uuid';

/** Makes ids for application code; UUIDs of version 7, so that newer rows sort after older ones. */
export abstract class Ids {
  abstract next(): string;
}

export class UuidIds extends Ids {
  next(): string {
    return v7();
  }
}
