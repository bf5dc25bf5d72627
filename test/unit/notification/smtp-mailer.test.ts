import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import type { Mail } from '../../../src/notification/domain/mailer.js';
import { SmtpMailer, type SmtpOptions } from '../../../src/notification/infrastructure/smtp-mailer.js';
import { eventually } from '../../support/eventually.js';
import { MailServer } from '../../support/mail-server.js';

const LIMIT_MS = 200;

const opened: { close(done?: () => void): unknown }[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

const mail: Mail = {
  messageId: '<1.1@shop.example>',
  address: 'ada@example.com',
  name: 'Ada',
  subject: 'Hello',
  text: 'Hello Ada',
  html: null,
  writtenAt: new Date('2026-03-01T12:00:00.000Z'),
};

const mailerTo = (url: string | undefined, options: Partial<SmtpOptions> = {}) =>
  new SmtpMailer({ url, from: 'Shop <shop@shop.example>', ...options });

async function mailServer(): Promise<MailServer> {
  const server = await MailServer.listen();
  opened.push(server);
  return server;
}

/** Takes connections, and does with them as it is told. */
async function tcpServer(onConnection: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(onConnection);
  opened.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a mail server that says nothing', () => {
  it('at the connection is not waited for beyond the limit', async () => {
    const url = await tcpServer(() => undefined);
    const outcome = await mailerTo(url, { connectTimeout: LIMIT_MS }).send(mail);
    expect(outcome).toMatchObject({ status: 'unanswered', code: 'ETIMEDOUT' });
  });

  it('after the mail is not waited for beyond the limit, and the connection is closed', async () => {
    const server = await mailServer();
    server.fault({ at: 'hang' });
    const outcome = await mailerTo(server.url, { answerTimeout: LIMIT_MS }).send(mail);
    expect(outcome).toMatchObject({ status: 'unanswered', code: 'ETIMEDOUT' });
    await eventually(() => server.open === 0);
  });

  it('is left at once when the attempt is aborted', async () => {
    const server = await mailServer();
    server.fault({ at: 'hang' });
    const abort = new AbortController();
    const sending = mailerTo(server.url).send(mail, abort.signal);
    await eventually(() => server.mails.length === 1);
    abort.abort();
    expect(await sending).toMatchObject({ status: 'unanswered', code: 'EABORT' });
    await eventually(() => server.open === 0);
  });
});

describe('a mail server that speaks something else', () => {
  it('has not taken the mail, and may yet', async () => {
    const url = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await mailerTo(url).send(mail)).toMatchObject({ status: 'unanswered' });
  });
});

describe('a mail server that wants a login', () => {
  async function guarded(): Promise<string> {
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _, answer) =>
        username === 'shop' && password === 's3cret'
          ? answer(null, { user: username })
          : answer(Object.assign(new Error('Wrong password'), { responseCode: 535 })),
      onData: (stream, _, answer) => void stream.resume().once('end', () => answer()),
    });
    server.on('error', () => undefined);
    opened.push({ close: () => new Promise<void>((closed) => server.close(() => closed())) });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
    return `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  }

  it('gets the one of the URL', async () => {
    const outcome = await mailerTo(`smtp://shop:s3cret@${await guarded()}`).send(mail);
    expect(outcome).toMatchObject({ status: 'accepted', code: '250' });
  });

  it.each([
    ['a wrong one', 'shop:guess@', '535'],
    ['none', '', '530'],
  ])('and gets %s has refused us, and not the mail, which may be taken later', async (_, login, code) => {
    const outcome = await mailerTo(`smtp://${login}${await guarded()}`).send(mail);
    expect(outcome).toMatchObject({ status: 'postponed', code });
    expect(outcome.text).not.toContain('guess');
  });
});

describe('the sender', () => {
  it.each([
    ['Shop <shop@shop.example>', { name: 'Shop', address: 'shop@shop.example' }],
    ['Shop, Inc. <shop@shop.example>', { name: 'Shop, Inc.', address: 'shop@shop.example' }],
    ['"Shop, Inc." <shop@shop.example>', { name: 'Shop, Inc.', address: 'shop@shop.example' }],
    ['shop@shop.example', { name: '', address: 'shop@shop.example' }],
  ])('%s is one address', async (from, parsed) => {
    const server = await mailServer();
    const mailer = mailerTo(server.url, { from });
    await mailer.send(mail);
    expect(server.mails[0]!.from).toEqual(parsed);
    expect(mailer.messageId('0195', 2)).toBe('<0195.2@shop.example>');
  });
});
