import type { RelayedEvent } from '../../messaging/index.js';

/**
 * Parts a page so that no part has two events of one stream. An event is sent when the one before it in its stream is
 * confirmed: a broker that refuses the first, for a queue that is full, can't let the second go ahead of it.
 */
export function wavesOf(events: readonly RelayedEvent[]): RelayedEvent[][] {
  const waves: RelayedEvent[][] = [];
  const next = new Map<string, number>();
  for (const event of events) {
    const { id, stream } = event;
    const key = stream ? `${stream.type}-${stream.id}` : id;
    const wave = next.get(key) ?? 0;
    next.set(key, wave + 1);
    (waves[wave] ??= []).push(event);
  }
  return waves;
}
