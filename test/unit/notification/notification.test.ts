import { describe, expect, it } from '@jest/globals';
import { Notification } from '../../../src/notification/domain/notification.js';
import { type MailOutcome } from '../../../src/notification/domain/mailer.js';

const ID = '0195a000-0000-7000-8000-000000000001';
const NOW = new Date('2026-03-01T12:00:00.000Z');
const LATER = new Date('2026-03-01T12:05:00.000Z');

const ada = { customerId: 'ada', address: 'ada@example.com', name: 'Ada' };
const messageIdOf = (edition: number) => `<${ID}.${edition}@shop.example>`;

const accepted: MailOutcome = { status: 'accepted', code: '250', text: '250 Ok' };
const rejected: MailOutcome = { status: 'rejected', code: '550', text: '550 No such user' };
const unanswered: MailOutcome = { status: 'unanswered', code: 'ECONNREFUSED', text: 'connect ECONNREFUSED' };

type Step = (notification: Notification) => unknown;
const begun: Step = (notification) => notification.begin(NOW);
const ended =
  (attempt: number, outcome: MailOutcome): Step =>
  (notification) =>
    notification.end(attempt, outcome, LATER);
const givenUp: Step = (notification) => notification.giveUp();
const resent: Step = (notification) => notification.resend(ada, messageIdOf);

function given(...steps: readonly Step[]): Notification {
  const draft = { id: ID, dedupeKey: `vip:ada`, template: 'vip-congratulation', orderId: null, createdAt: NOW };
  const content = { subject: 'Congratulations Ada!', text: 'Hello', html: null };
  const notification = Notification.write({ ...draft, messageId: messageIdOf(1) }, ada, content, 'pending');
  for (const step of steps) step(notification);
  return notification;
}

const statusOf = (notification: Notification) => notification.state.status;

describe('a pending notification', () => {
  it('gives the mail for each attempt, and notes it before it is made', () => {
    const notification = given();
    expect(notification.begin(NOW)).toEqual({
      attempt: 0,
      mail: {
        messageId: messageIdOf(1),
        address: 'ada@example.com',
        name: 'Ada',
        subject: 'Congratulations Ada!',
        text: 'Hello',
        html: null,
        writtenAt: NOW,
      },
    });
    expect(notification.state.attempts).toMatchObject([{ startedAt: NOW, endedAt: null, status: null }]);
    expect(notification.begin(LATER)).toMatchObject({ attempt: 1, mail: { messageId: messageIdOf(1) } });
  });

  it('is sent once the server has taken it', () => {
    expect(given(begun, ended(0, accepted)).state).toMatchObject({ status: 'sent', sentAt: LATER, failureCode: null });
  });

  it('fails once the server has refused it for good', () => {
    expect(given(begun, ended(0, rejected)).state).toMatchObject({ status: 'failed', failureCode: '550' });
  });

  it('stays pending after an attempt without an answer, and fails when it is given up', () => {
    expect(statusOf(given(begun, ended(0, unanswered)))).toBe('pending');
    const { state } = given(begun, ended(0, unanswered), givenUp);
    expect(state).toMatchObject({ status: 'failed', failureCode: 'ECONNREFUSED' });
  });

  it('fails as interrupted when it is given up and no attempt ever ended', () => {
    expect(given(begun, givenUp).state).toMatchObject({ status: 'failed', failureCode: 'interrupted' });
  });

  it('is kept when the mail server is taken away', () => {
    expect(statusOf(given((notification) => notification.keep()))).toBe('kept');
  });

  it('is not to be sent again', () => {
    expect(() => given(resent)).toThrow(expect.objectContaining({ code: 'NOTIFICATION_PENDING' }));
  });

  it('records no events', () => {
    expect(given(begun, ended(0, accepted)).getUncommittedEvents()).toEqual([]);
  });
});

describe('a sent notification', () => {
  it('has no mail to send, whoever still tries', () => {
    expect(given(begun, ended(0, accepted)).begin(LATER)).toBeUndefined();
  });

  it.each([
    ['refused', rejected],
    ['unanswered', unanswered],
  ])('stays sent when an attempt that was overtaken ends %s', (_, outcome) => {
    const notification = given(begun, begun, ended(1, accepted), ended(0, outcome), givenUp);
    expect(statusOf(notification)).toBe('sent');
    expect(notification.state.attempts.map(({ status }) => status)).toEqual([outcome.status, 'accepted']);
  });

  it('gets a new edition when it is sent again, which an attempt of the old one does not end', () => {
    const notification = given(begun, begun, ended(1, accepted), resent);
    expect(notification.state).toMatchObject({ status: 'pending', edition: 2, messageId: messageIdOf(2) });
    ended(0, accepted)(notification);
    expect(statusOf(notification)).toBe('pending');
  });
});

describe('a failed notification', () => {
  it('was sent after all when an attempt that was thought lost ends so', () => {
    expect(statusOf(given(begun, givenUp, ended(0, accepted)))).toBe('sent');
  });

  it('keeps its edition, and so its Message-ID, when it is sent again: it may have arrived', () => {
    const { state } = given(begun, ended(0, unanswered), givenUp, resent);
    expect(state).toMatchObject({ status: 'pending', edition: 1, messageId: messageIdOf(1), failureCode: null });
  });
});

describe('an attempt', () => {
  it('ends once', () => {
    const notification = given(begun, ended(0, accepted), ended(0, rejected));
    expect(notification.state.attempts).toMatchObject([{ status: 'accepted' }]);
  });
});

describe('an erased notification', () => {
  const gone = { address: null, name: null, subject: null, text: null, html: null, erasedAt: NOW } as const;
  const erasedOne = (...steps: readonly Step[]) => Notification.from({ ...given(...steps).state, ...gone });

  it('can not be sent again, and has no mail to send', () => {
    expect(() => resent(erasedOne(begun, ended(0, accepted)))).toThrow(
      expect.objectContaining({ code: 'NOTIFICATION_ERASED' }),
    );
    expect(erasedOne().begin(LATER)).toBeUndefined();
  });

  it('keeps what became of a late attempt, and not what the server said', () => {
    const notification = erasedOne(begun);
    ended(0, accepted)(notification);
    expect(notification.state.attempts).toMatchObject([{ status: 'accepted', code: '250', text: null }]);
  });
});
