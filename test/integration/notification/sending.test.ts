import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CustomerBecameVip, CustomerErased } from '../../../src/customer/index.js';
import type { NotificationWithAttempts } from '../../../src/notification/application/notification.queries.js';
import { eventually } from '../../support/eventually.js';
import { MailServer } from '../../support/mail-server.js';
import { NOW } from '../../unit/order/given-order.js';
import { addressOf, MailDesk } from './mail-desk.js';

const RETRIES = '50ms,100ms,200ms';
const ATTEMPTS = 4;

let server: MailServer;
let desk: MailDesk;

beforeAll(async () => {
  server = await MailServer.listen();
  desk = await MailDesk.open({ SMTP_URL: server.url, MAIL_RETRY: RETRIES });
});
afterAll(async () => {
  await desk.close();
  await server.close();
});
afterEach(() => server.clear());

const congratulate = (customerId: string) =>
  desk.tell('customer', customerId, new CustomerBecameVip({ customerId, vipSince: NOW }));

/** A new customer, and the one mail to them. */
async function congratulated(): Promise<string> {
  const customerId = await desk.register();
  await congratulate(customerId);
  return customerId;
}

const attemptsOf = ({ attempts }: NotificationWithAttempts) => attempts.map(({ status, code }) => [status, code]);
const messageIds = (customerId: string) => server.to(addressOf(customerId)).map((mail) => mail.messageId);
/** Commands that are stored still, dead ones included. */
const commands = () =>
  desk.dataSource.query(`select history from messaging.queued_command where type = 'notification.send-notification'`);

describe('a mail server that answers 4xx', () => {
  it('is asked again, and takes the mail once', async () => {
    server.fault({ at: 'data', code: 451 }, { at: 'rcpt', code: 450 });
    const customerId = await congratulated();
    const sent = await desk.mail(customerId, { status: 'sent', failure: null });
    expect(attemptsOf(sent)).toEqual([
      ['postponed', '451'],
      ['postponed', '450'],
      ['accepted', '250'],
    ]);
    expect(messageIds(customerId)).toEqual([sent.messageId]);
  });

  it('has the mail fail, with its words, when the attempts are used up', async () => {
    server.fault(...Array(ATTEMPTS).fill({ at: 'data', code: 452, text: 'Mailbox of <ada@example.com> is full' }));
    const customerId = await congratulated();
    const failed = await desk.mail(customerId, { status: 'failed' });
    expect(attemptsOf(failed)).toEqual(Array(ATTEMPTS).fill(['postponed', '452']));
    expect(failed.failure).toEqual({ code: '452', text: '452 Mailbox of <ada@example.com> is full' });
    expect(messageIds(customerId)).toEqual([]);
    // No dead letter besides.
    expect(await commands()).toEqual([]);
  });

  it('leaves no address in the history of the command', async () => {
    server.fault({ at: 'data', code: 451, text: 'Come back later, <ada@example.com>' });
    const customerId = await congratulated();
    const history = await eventually(async () => {
      const [row] = (await commands()) as { history: { error: string }[] }[];
      return row && row.history.length > 0 && row.history;
    });
    expect(JSON.stringify(history)).not.toContain('@example.com');
    expect(history[0]!.error).toBe('MailNotTaken: the mail server answered 451');
    await desk.mail(customerId, { status: 'sent' });
  });
});

describe('a mail server that answers 5xx', () => {
  it.each(['rcpt', 'data'] as const)('at %s has the mail fail at once, with its words', async (at) => {
    server.fault({ at, code: 550, text: 'No such user' });
    const customerId = await congratulated();
    const failed = await desk.mail(customerId, { status: 'failed' });
    expect(failed.failure).toEqual({ code: '550', text: '550 No such user' });
    expect(attemptsOf(failed)).toEqual([['rejected', '550']]);
    await desk.messaging.settled();
    expect(messageIds(customerId)).toEqual([]);
    expect(await commands()).toEqual([]);
  });

  it('at the greeting is asked again: that is not about the mail', async () => {
    server.fault({ at: 'connect', code: 554 });
    const customerId = await congratulated();
    const sent = await desk.mail(customerId, { status: 'sent' });
    expect(attemptsOf(sent)).toEqual([
      ['postponed', '554'],
      ['accepted', '250'],
    ]);
  });

  it('holds up no other mail', async () => {
    server.fault({ at: 'rcpt', code: 550 });
    const refused = await congratulated();
    await desk.mail(refused, { status: 'failed' });
    const other = await congratulated();
    await desk.mail(other, { status: 'sent' });
  });
});

describe('an address that is none', () => {
  it.each(['ada', 'a@example.com, b@example.com', 'a@example.com\r\nRCPT TO:<b@example.com>', '<a@example.com>'])(
    'has the mail fail, and asks no server: %j',
    async (address) => {
      const customerId = await desk.register('Ada', `c-${randomUUID()}`, address);
      const before = server.opened;
      await congratulate(customerId);
      const failed = await desk.mail(customerId, { status: 'failed' });
      expect(failed.failure).toMatchObject({ code: 'invalid_address' });
      expect(server.opened).toBe(before);
    },
  );
});

describe('a mail server that is not there', () => {
  it('is asked again, and the mail arrives once when it is back', async () => {
    const { port } = server;
    await server.close();
    const customerId = await congratulated();
    const waiting = await eventually(async () => {
      const mail = await desk.mail(customerId, { status: 'pending' });
      return mail.attempts.some(({ code }) => code === 'ECONNREFUSED') && mail;
    });
    expect(waiting.attempts[0]).toMatchObject({ status: 'unanswered', edition: 1 });
    server = await MailServer.listen(port);
    const sent = await desk.mail(customerId, { status: 'sent' });
    expect(messageIds(customerId)).toEqual([sent.messageId]);
  });

  it('has the mail fail when it stays away, and a person sends it when it is back, under the same Message-ID', async () => {
    const { port } = server;
    await server.close();
    const customerId = await congratulated();
    const failed = await desk.mail(customerId, { status: 'failed' });
    expect(attemptsOf(failed)).toEqual(Array(ATTEMPTS).fill(['unanswered', 'ECONNREFUSED']));
    expect(failed.failure).toMatchObject({ code: 'ECONNREFUSED' });

    server = await MailServer.listen(port);
    await desk.resend(failed.id);
    const sent = await desk.mail(customerId, { status: 'sent', failure: null });
    expect(sent.messageId).toBe(failed.messageId);
    expect(messageIds(customerId)).toEqual([failed.messageId]);
  });
});

describe('a mail server that takes a mail, and does not say so', () => {
  it('gets it again under the same Message-ID', async () => {
    server.fault({ at: 'drop' });
    const customerId = await congratulated();
    const sent = await desk.mail(customerId, { status: 'sent' });
    expect(attemptsOf(sent)).toEqual([
      ['unanswered', 'ECONNECTION'],
      ['accepted', '250'],
    ]);
    const [first, second, ...others] = server.to(addressOf(customerId));
    expect(others).toEqual([]);
    expect(second!.messageId).toBe(first!.messageId);
    expect(second!.raw).toBe(first!.raw);
  });
});

describe('a person who sends again', () => {
  it('a mail that was sent: under another Message-ID, so that nobody takes it for a duplicate', async () => {
    const customerId = await congratulated();
    const { id, messageId } = await desk.mail(customerId, { status: 'sent' });
    await desk.resend(id);
    await eventually(() => messageIds(customerId).length === 2);
    const again = await desk.mail(customerId, { status: 'sent' });
    expect(again.messageId).toBe(messageId.replace('.1@', '.2@'));
    expect(messageIds(customerId)).toEqual([messageId, again.messageId]);
    expect(again.attempts.map(({ edition }) => edition)).toEqual([1, 2]);
  });

  it('reaches the address that is known by then', async () => {
    server.fault({ at: 'rcpt', code: 550 });
    const customerId = await congratulated();
    const { id } = await desk.mail(customerId, { status: 'failed' });
    const address = `new-${addressOf(customerId)}`;
    await desk.dataSource.query(
      `update customer.customers set profile = profile || jsonb_build_object('email', $2::text) where id = $1`,
      [customerId, address],
    );
    await desk.resend(id);
    await desk.mail(customerId, { status: 'sent', recipient: address });
    expect(server.to(address)).toHaveLength(1);
  });

  it('has to wait while it is on its way, and finds nothing that is not there', async () => {
    server.fault({ at: 'hang' });
    const customerId = await congratulated();
    await eventually(() => server.to(addressOf(customerId)).length === 1);
    const { id } = await desk.mail(customerId, { status: 'pending' });
    await expect(desk.resend(id)).rejects.toMatchObject({ code: 'NOTIFICATION_PENDING' });
    await expect(desk.resend(randomUUID())).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
    server.answer('250 Ok');
    await desk.mail(customerId, { status: 'sent' });
  });
});

describe('a service that stops while the mail server says nothing', () => {
  it('closes the connection, and the next one sends the mail again, under the same Message-ID', async () => {
    const other = await MailServer.listen();
    other.fault({ at: 'hang' });
    const stopping = await MailDesk.open({ SMTP_URL: other.url, MAIL_RETRY: RETRIES });
    try {
      const customerId = await stopping.register();
      await stopping.tell('customer', customerId, new CustomerBecameVip({ customerId, vipSince: NOW }));
      await eventually(() => other.mails.length === 1);
      expect(other.open).toBe(1);

      const before = performance.now();
      await stopping.app.close();
      expect(performance.now() - before).toBeLessThan(5_000);
      await eventually(() => other.open === 0);

      const next = await MailDesk.open({ SMTP_URL: other.url }, stopping.database);
      const sent = await next.mail(customerId, { status: 'sent' });
      expect(other.mails.map((mail) => mail.messageId)).toEqual([sent.messageId, sent.messageId]);
      await next.app.close();
    } finally {
      await stopping.database.drop();
      await other.close();
    }
  });
});

describe('without a mail server', () => {
  it('mails are kept and shown, and nobody can have them sent', async () => {
    const keeping = await MailDesk.open({});
    try {
      const customerId = await keeping.register('Ada');
      await keeping.tell('customer', customerId, new CustomerBecameVip({ customerId, vipSince: NOW }));
      await keeping.messaging.settled();
      const kept = await keeping.mail(customerId, { status: 'kept' });
      expect(kept).toMatchObject({ subject: 'Congratulations Ada!', attempts: [], sentAt: null });
      expect(kept.text).toContain('Congratulations Ada!');
      await expect(keeping.resend(kept.id)).rejects.toMatchObject({ code: 'MAIL_SERVER_MISSING', kind: 'conflict' });
    } finally {
      await keeping.close();
    }
  });
});

describe('an erased customer', () => {
  const erase = async (customerId: string) => {
    await desk.tell('customer', customerId, new CustomerErased({ customerId, erasedAt: NOW }));
    await eventually(async () => (await desk.mail(customerId, {})).erasedAt !== null);
  };
  const rowOf = async ({ id }: { id: string }) => {
    const rows = await desk.dataSource.query('select * from notification.notifications where id = $1', [id]);
    return JSON.stringify(rows).replaceAll(/c-[0-9a-f-]{36}(?!@)/g, '');
  };

  it('leaves what was sent and when, and nothing of whom, of what and of what servers said', async () => {
    server.fault({ at: 'data', code: 451, text: 'Later, <ada@example.com>' });
    const customerId = await congratulated();
    const sent = await desk.mail(customerId, { status: 'sent' });
    expect(await rowOf(sent)).toMatch(/@example\.com|Ada/);

    await erase(customerId);
    const erased = await desk.mail(customerId, { status: 'sent' });
    expect(erased).toMatchObject({ recipient: null, subject: null, text: null, html: null });
    expect(erased).toMatchObject({ dedupeKey: sent.dedupeKey, template: sent.template, sentAt: sent.sentAt });
    expect(attemptsOf(erased)).toEqual(attemptsOf(sent));
    expect(await rowOf(sent)).not.toMatch(/@example\.com|Ada/);
    await expect(desk.resend(sent.id)).rejects.toMatchObject({ code: 'NOTIFICATION_ERASED' });
  });

  it('gets no mail that was still on its way', async () => {
    server.fault(...Array(2).fill({ at: 'data', code: 451, text: 'Later, <ada@example.com>' }));
    const customerId = await congratulated();
    const waiting = await eventually(async () => {
      const mail = await desk.mail(customerId, { status: 'pending' });
      return mail.attempts[0]?.status === 'postponed' && mail;
    });
    await erase(customerId);
    await eventually(async () => (await commands()).length === 0);
    expect(await desk.mail(customerId, {})).toMatchObject({
      status: 'failed',
      failure: { code: 'erased', text: null },
    });
    expect(messageIds(customerId)).toEqual([]);
    expect(await rowOf(waiting)).not.toMatch(/@example\.com|Ada/);
  });

  it('leaves nothing of an attempt that ends after the erasure', async () => {
    server.fault({ at: 'hang' });
    const customerId = await congratulated();
    await eventually(() => server.to(addressOf(customerId)).length === 1);
    const sending = await desk.mail(customerId, { status: 'pending' });
    await erase(customerId);
    server.answer('250 Taken for <ada@example.com>');
    const ended = await eventually(async () => {
      const mail = await desk.mail(customerId, {});
      return mail.attempts[0]!.endedAt !== null && mail;
    });
    expect(ended).toMatchObject({ status: 'sent', attempts: [{ status: 'accepted', text: null }] });
    expect(await rowOf(sending)).not.toMatch(/@example\.com|Ada/);
  });

  it('leaves no mail that was being written meanwhile: the erasure waits for it', async () => {
    const customerId = await desk.register();
    const runner = desk.dataSource.createQueryRunner();
    await runner.connect();
    await runner.startTransaction();
    // The mail's writer stops where it reads the contact, and reads it as it was before the erasure.
    await runner.query('lock table customer.customers in access exclusive mode');
    try {
      await congratulate(customerId);
      await eventually(async () => (await waiting('relation')) === 1);
      await desk.tell('customer', customerId, new CustomerErased({ customerId, erasedAt: NOW }));
      await eventually(async () => (await waiting('advisory')) === 1);
    } finally {
      await runner.commitTransaction();
      await runner.release();
    }
    await eventually(async () => (await desk.mail(customerId, {})).erasedAt !== null);
  });

  const waiting = async (locktype: string): Promise<number> => {
    const [row] = await desk.dataSource.query(
      `select count(*)::int as n from pg_locks l join pg_stat_activity a using (pid)
        where not granted and l.locktype = $1 and a.datname = current_database()`,
      [locktype],
    );
    return row.n;
  };
});
