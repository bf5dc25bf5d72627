import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';

/** Long enough to read a request and its answer. */
const READING_MS = 1_500;

/** Prints the demo, slowly enough to be read. */
export class Teller {
  /** @param {{ fast: boolean }} options */
  constructor({ fast }) {
    this.pauseMs = fast ? 0 : READING_MS;
  }

  async scene(title, text) {
    this.#print(`\n${styleText('bold', title)}\n${text}\n`);
    await pause(this.pauseMs);
  }

  asked(request, body) {
    this.#print(`  ${styleText('cyan', '→')} ${request}${body ? ` ${styleText('dim', brief(body))}` : ''}`);
  }

  async answered(answer) {
    this.#print(`  ${styleText('green', '←')} ${answer}`);
    await pause(this.pauseMs);
  }

  /** What came of an order, as the shop, the gateway and the mailbox have it. */
  async story({ order, timeline, gateway, mails }) {
    this.#print(`\n  What came of order ${order.id}: ${styleText('bold', order.status)}`);
    for (const { occurredAt, text, type } of timeline) {
      this.#print(`    ${occurredAt.slice(11, 23)}  ${text.padEnd(46)} ${styleText('dim', type)}`);
    }
    for (const line of gateway) this.#print(`    ${styleText('yellow', 'gateway')}  ${line}`);
    for (const { recipient, subject, status } of mails) {
      this.#print(
        `    ${styleText('magenta', 'mailbox')}  "${subject}" ${styleText('dim', `to ${recipient}, ${status}`)}`,
      );
    }
    await pause(2 * this.pauseMs);
  }

  end(text) {
    this.#print(`\n${text}\n`);
  }

  #print(text) {
    process.stdout.write(`${text}\n`);
  }
}

/** Formatted as people write it; every currency of the demo has two decimals. */
export const amount = ({ amount: units, currency }) => `${(units / 100).toFixed(2)} ${currency}`;

function brief(body) {
  const text = JSON.stringify(body);
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
