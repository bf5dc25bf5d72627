import { describe, expect, it } from '@jest/globals';
import type { LevelWithSilent } from 'pino';
import { withHeaders } from '../../../src/messaging/index.js';
import { Logger } from '../../../src/operations/logger.js';

function loggerAt(level: LevelWithSilent) {
  const lines: string[] = [];
  const logger = new Logger({ level, destination: { write: (line) => void lines.push(line) } });
  return { logger, written: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('a logger at level info', () => {
  it('writes one JSON object a line, with level, time, context and message', () => {
    const { logger, written } = loggerAt('info');

    logger.log('hello', 'Orders');

    expect(written()).toEqual([{ level: 'info', time: expect.stringMatching(/Z$/), context: 'Orders', msg: 'hello' }]);
  });

  it('names the request or message that a line belongs to', () => {
    const { logger, written } = loggerAt('info');

    withHeaders({ correlationId: 'corr-1' }, () => logger.warn('careful', 'Orders'));

    expect(written()).toMatchObject([{ level: 'warn', correlationId: 'corr-1' }]);
  });

  it('keeps the stack of an error, however it comes', () => {
    const { logger, written } = loggerAt('info');

    logger.error('failed', 'Error: broken\n    at here', 'Orders');
    logger.error(new Error('broken'), 'Orders');
    logger.error('failed', new Error('broken'), 'Orders');

    expect(written()).toMatchObject([
      { msg: 'failed', stack: 'Error: broken\n    at here' },
      { msg: 'broken', stack: expect.stringContaining('Error: broken') },
      { msg: 'failed', stack: expect.stringContaining('Error: broken') },
    ]);
  });

  it('takes fields instead of a text', () => {
    const { logger, written } = loggerAt('info');

    logger.log({ msg: 'GET / 200', ms: 3 }, 'http');

    expect(written()).toMatchObject([{ msg: 'GET / 200', ms: 3, context: 'http' }]);
  });

  it('leaves out what is below its level, and what Nest tells of its wiring', () => {
    const { logger, written } = loggerAt('info');

    logger.debug('detail', 'Orders');
    logger.verbose('more', 'Orders');
    logger.log('Mapped {/, GET} route', 'RouterExplorer');

    expect(written()).toEqual([]);
  });
});
