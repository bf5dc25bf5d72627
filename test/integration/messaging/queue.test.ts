import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { currentMessage, Message, Queued, Unrecoverable } from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message('test.write')
@Queued<Write>({ effect: 'database', key: (command) => command.queue })
class Write extends Command<void> {
  constructor(
    readonly queue: string,
    readonly text: string,
  ) {
    super();
  }
}

let failure: ((text: string) => void) | undefined;

@Injectable()
@CommandHandler(Write)
class WriteHandler {
  constructor(private readonly dataSource: DataSource) {}

  async execute({ text }: Write): Promise<void> {
    await this.dataSource.query('insert into written (text) values ($1)', [text]);
    failure?.(text);
  }
}

@Message('test.call')
@Queued<Call>({ effect: 'outside', key: (command) => command.target, timeout: '200ms', retry: ['1s', '2s'] })
class Call extends Command<Write> {
  constructor(readonly target: string) {
    super();
  }
}

const calls: { target: string; messageId: string; attempt: number; inTransaction: boolean }[] = [];
let answer: (target: string, signal: AbortSignal) => Promise<string>;

@Injectable()
@CommandHandler(Call)
class CallHandler {
  constructor(private readonly dataSource: DataSource) {}

  async execute({ target }: Call): Promise<Write> {
    const { messageId, attempt, signal } = currentMessage()!;
    calls.push({ target, messageId, attempt, inTransaction: this.dataSource.createQueryRunner().isTransactionActive });
    return new Write(target, await answer(target, signal!));
  }
}

describe('the command queue', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [WriteHandler, CallHandler], retry: ['1s', '2s'] });
    await app.query('create table written (id serial primary key, text text)');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await app.query('truncate written');
    await app.query('delete from messaging.queued_command');
    calls.length = 0;
    failure = undefined;
    answer = async (target) => `${target} answered`;
  });

  const written = async () =>
    (await app.query<{ text: string }>('select text from written order by id')).map(({ text }) => text);
  const stored = async () =>
    app.query<{ type: string; attempts: number; dead: boolean; error: string }>(
      `select type, attempts, dead_at is not null as dead, history -> -1 ->> 'error' as error
         from messaging.queued_command order by id`,
    );

  it('runs what was committed, and nothing of what was rolled back', async () => {
    const refused = app.unitOfWork.run(async () => {
      await app.queue.send(new Write('a', 'never'));
      throw new Error('rolled back');
    });
    await expect(refused).rejects.toThrow('rolled back');
    await app.queue.send(new Write('a', 'once'));
    await app.kit.settled();
    expect(await written()).toEqual(['once']);
    expect(await stored()).toEqual([]);
  });

  it('runs commands of one key in the order in which they were stored', async () => {
    await app.unitOfWork.run(async () => {
      for (const text of ['1', '2', '3', '4', '5']) await app.queue.send(new Write('same', text));
    });
    await app.kit.settled();
    expect(await written()).toEqual(['1', '2', '3', '4', '5']);
  });

  it('undoes the effects of a failed attempt, and holds later commands of its key, no others', async () => {
    let broken = true;
    failure = (text) => {
      if (text === 'first' && broken) throw new Error('broken');
    };
    await app.queue.send(new Write('k', 'first'));
    await app.queue.send(new Write('k', 'second'));
    await app.queue.send(new Write('other', 'third'));
    await app.kit.settled();
    expect(await written()).toEqual(['third']);
    broken = false;
    app.clock.advance('1.2s');
    await app.kit.settled();
    expect(await written()).toEqual(['third', 'first', 'second']);
  });

  it('gives up after the last attempt and keeps the command with its error', async () => {
    failure = () => {
      throw new Error('always');
    };
    await app.queue.send(new Write('k', 'hopeless'));
    for (const wait of ['0ms', '1.2s', '2.4s'] as const) {
      app.clock.advance(wait);
      await app.kit.settled();
    }
    expect(await stored()).toEqual([{ type: 'test.write', attempts: 3, dead: true, error: 'Error: always' }]);
  });

  it('gives up at once what its handler calls unrecoverable', async () => {
    failure = () => {
      throw new Unrecoverable('no use');
    };
    await app.queue.send(new Write('k', 'hopeless'));
    await app.kit.settled();
    expect(await stored()).toMatchObject([{ attempts: 1, dead: true }]);
  });

  it('runs a delayed command when it is due, and one with the same dedupe key once', async () => {
    await app.queue.send(new Write('d', 'later'), { delay: '1h', dedupeKey: 'reminder' });
    await app.queue.send(new Write('d', 'again'), { dedupeKey: 'reminder' });
    await app.kit.settled();
    expect(await written()).toEqual([]);
    app.clock.advance('1h');
    await app.kit.settled();
    expect(await written()).toEqual(['later']);
  });

  it('runs an outside command outside any transaction and records what it returns', async () => {
    await app.queue.send(new Call('gateway'));
    await app.kit.settled();
    expect(calls).toMatchObject([{ target: 'gateway', attempt: 1, inTransaction: false }]);
    expect(await written()).toEqual(['gateway answered']);
    expect(await stored()).toEqual([]);
  });

  it('repeats an outside command under the same message id after its timeout aborted it', async () => {
    answer = (target, signal) =>
      calls.length > 1
        ? Promise.resolve(`${target} answered`)
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    await app.queue.send(new Call('slow'));
    await app.kit.settled();
    app.clock.advance('1.2s');
    await app.kit.settled();
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(calls.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await written()).toEqual(['slow answered']);
  });

  it('waits for as long as an error asks, where that is longer than the schedule', async () => {
    answer = async (target) => {
      if (calls.length > 1) return `${target} answered`;
      throw Object.assign(new Error('too many requests'), { retryAfterMs: 30_000 });
    };
    await app.queue.send(new Call('busy'));
    await app.kit.settled();
    app.clock.advance('29s');
    await app.kit.settled();
    expect(calls).toHaveLength(1);
    app.clock.advance('1s');
    await app.kit.settled();
    expect(await written()).toEqual(['busy answered']);
  });

  it('discards what an outside command returns whose lease was taken over meanwhile', async () => {
    answer = async (target) => {
      await app.query('update messaging.queued_command set fence = fence + 1 where type = $1', ['test.call']);
      return `${target} too late`;
    };
    await app.queue.send(new Call('overtaken'));
    await app.kit.settled();
    expect(await written()).toEqual([]);
    expect(await stored()).toMatchObject([{ type: 'test.call', dead: false }]);
  });
});
