import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { OutboxForwarder, TICK_MS } from '../messaging/index.js';

/**
 * The scheduled safety net of the delivery, which commits and notifications wake long before. Ticks of one instance
 * don't overlap, and a shutdown waits for the one that runs: the forwarder sees to both.
 */
@Injectable()
export class OutboxSchedule {
  constructor(private readonly forwarder: OutboxForwarder) {}

  @Interval('outbox-forwarder', TICK_MS)
  async tick(): Promise<void> {
    await this.forwarder.tick();
  }
}
