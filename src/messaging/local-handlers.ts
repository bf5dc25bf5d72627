import { Logger } from '@nestjs/common';
import type { UnhandledExceptionInfo } from '@nestjs/cqrs';
import { phaseOf } from './decorators.js';
import type { FoundEventHandler } from './discovery.js';
import { inLocalSpan } from './tracing.js';
import type { RecordedEvent } from './unit.js';

/** The handlers that run in the publisher's process: before the commit, after it, or after it and on their own. */
export class LocalHandlers {
  readonly #logger = new Logger('AfterCommit');
  readonly #before: readonly FoundEventHandler[];
  readonly #after: readonly { handler: FoundEventHandler; detached: boolean }[];

  constructor(
    handlers: readonly FoundEventHandler[],
    private readonly tellOf: (failure: UnhandledExceptionInfo) => void,
  ) {
    this.#before = handlers.filter(({ target }) => phaseOf(target)?.kind === 'before-commit');
    this.#after = handlers.flatMap((handler) => {
      const phase = phaseOf(handler.target);
      return phase?.kind === 'after-commit' ? [{ handler, detached: phase.detached }] : [];
    });
  }

  async beforeCommit(recorded: RecordedEvent): Promise<void> {
    for (const handler of this.#before)
      if (handles(handler, recorded.event)) await traced('before_commit', recorded, handler);
  }

  async afterCommit(recorded: RecordedEvent): Promise<void> {
    const { event, encoded } = recorded;
    for (const { handler, detached } of this.#after) {
      if (!handles(handler, event)) continue;
      const handled = traced('after_commit', recorded, handler).catch((error: unknown) => {
        const { id: messageId, type } = encoded;
        const { name: consumer } = handler.target;
        const line = `handler ${consumer} failed for event ${type} (id ${messageId}): ${String(error)}`;
        this.#logger.error(line, { messageId, type, consumer }, (error as Error)?.stack);
        this.tellOf({ cause: event, exception: error });
      });
      if (!detached) await handled;
    }
  }
}

function traced(
  phase: string,
  { event, encoded, recordedIn }: RecordedEvent,
  handler: FoundEventHandler,
): Promise<void> {
  const { id, type } = encoded;
  const attributes = { 'messaging.message.id': id, 'code.function.name': `${handler.target.name}.handle` };
  return inLocalSpan(`${phase} ${type}`, attributes, recordedIn, () => handler.handle(event));
}

/** The exact class, as Nest matches it. */
function handles(handler: FoundEventHandler, event: object): boolean {
  return handler.events.some((type) => type === event.constructor);
}
