import { appendFileSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A mail server as a process of its own, which writes down each mail it takes, and misbehaves as it is told to. */
const [file] = process.argv.slice(2);
writeFileSync(file, '');
/** @type {{ what: 'refuse' | 'drop', code?: number }[]} */
const faults = [];

const refusal = (code) => Object.assign(new Error('Chaos says no'), { responseCode: code });

async function take(stream, session, answer) {
  // A client that is killed in the middle of its mail has sent none.
  const mail = await buffer(stream).catch(() => undefined);
  if (!mail) return;
  const fault = faults.shift();
  if (fault) process.send({ met: fault });
  if (fault?.what === 'refuse') return answer(refusal(fault.code));
  const { messageId, subject } = await PostalMime.parse(mail);
  for (const { address: to } of session.envelope.rcptTo) {
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), messageId, to, subject })}\n`);
  }
  if (fault?.what !== 'drop') return answer();
  // Taken, and nobody hears of it.
  const connection = [...server.connections].find((each) => each.session.id === session.id);
  connection?._socket.destroy();
}

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  closeTimeout: 1,
  onData: (stream, session, answer) => void take(stream, session, answer),
});
server.on('error', () => undefined);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`The mail server listens on http://127.0.0.1:${server.server.address().port}\n`);
});
process.on('message', ({ fault, heal }) => {
  if (heal) faults.length = 0;
  if (fault) faults.push(fault);
});
process.on('disconnect', () => process.exit());
