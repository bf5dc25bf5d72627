import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamParser } from '../../../src/feed-client/server-sent-events.js';

const parse = (...pieces: string[]) => {
  const parser = new StreamParser();
  return pieces.flatMap((piece) => [...parser.push(piece)]);
};

describe('an event stream', () => {
  it('has a message per block, with the id of the last one that had one', () => {
    expect(parse('id: 1\ndata: a\n\ndata: b\n\nid: 3\nevent: progress\ndata: {}\n\n')).toEqual([
      { event: 'message', data: 'a', id: '1' },
      { event: 'message', data: 'b', id: '1' },
      { event: 'progress', data: '{}', id: '3' },
    ]);
  });

  it('may have comments, fields nobody knows, and blocks without data, which are no messages', () => {
    expect(parse(': heartbeat\n\nretry: 1000\n\nid: 7\n\nsurprise\ndata:x\n\n')).toEqual([
      { event: 'message', data: 'x', id: '7' },
    ]);
  });

  it('joins lines of data, and keeps spaces but the first', () => {
    expect(parse('data:  a: b\ndata\ndata: c\n\n')).toEqual([{ event: 'message', data: ' a: b\n\nc', id: '' }]);
  });

  it('may end in the middle of a message, which is then none', () => {
    expect(parse('data: a\n\ndata: b\n')).toEqual([{ event: 'message', data: 'a', id: '' }]);
  });

  it('is the same wherever it is cut, and whatever ends its lines', () => {
    const message = fc.record({ id: fc.nat(), text: fc.stringMatching(/^[a-z :\u00e9]*$/), named: fc.boolean() });
    const ending = fc.constantFrom('\n', '\r\n', '\r');
    const cuts = fc.array(fc.nat(), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), ending, cuts, (messages, eol, places) => {
        const lines = messages.flatMap(({ id, text, named }) => [
          `id: ${id}`,
          ...(named ? ['event: progress'] : []),
          `data: ${text}`,
          '',
        ]);
        // A CR at the very end waits for what could be its LF.
        const whole = [...lines, ': end'].join(eol);
        const at = [0, ...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));

        expect(parse(...pieces)).toEqual(
          messages.map(({ id, text, named }) => ({
            event: named ? 'progress' : 'message',
            data: text,
            id: String(id),
          })),
        );
      }),
    );
  });
});
