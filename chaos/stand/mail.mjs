import { join, resolve } from 'node:path';
import { end, listening, startChild, tell } from './children.mjs';

const PROGRAM = resolve(import.meta.dirname, 'mail-server.mjs');

/** The mail server's process. */
export class Mail {
  #child;

  static async start({ folder }) {
    const mail = new Mail();
    mail.#child = startChild([PROGRAM, join(folder, 'mailbox.jsonl')], { log: join(folder, 'logs', 'mail.log') });
    const { port } = new URL(await listening(mail.#child));
    mail.url = `smtp://127.0.0.1:${port}`;
    return mail;
  }

  /** Of the next mail. Resolves to whether a mail met it before the limit. */
  fault(fault, limitMs) {
    return new Promise((resolve) => {
      const settle = (met) => {
        clearTimeout(timer);
        this.#child.removeListener('message', onMet);
        resolve(met);
      };
      const onMet = ({ met }) => met && settle(true);
      const timer = setTimeout(() => settle(false), limitMs);
      this.#child.on('message', onMet);
      tell(this.#child, { fault });
    });
  }

  heal() {
    tell(this.#child, { heal: true });
  }

  async close() {
    await end(this.#child, 'SIGKILL');
  }
}
