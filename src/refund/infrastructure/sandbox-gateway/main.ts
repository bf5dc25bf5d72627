import { parseArgs } from 'node:util';
import { SandboxGateway } from './sandbox-gateway.js';
import { SANDBOX_WEBHOOK_SECRET } from './sandbox-keys.js';

/** The sandbox as a process of its own; its first line of output says where it is. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4242' },
    book: { type: 'string' },
    'webhook-url': { type: 'string' },
    'webhook-secret': { type: 'string', default: SANDBOX_WEBHOOK_SECRET },
  },
});

const gateway = await SandboxGateway.listen({
  port: Number(values.port),
  bookFile: values.book,
  receiver: { url: () => values['webhook-url'], secret: values['webhook-secret'] },
});
process.stdout.write(`The sandbox gateway listens on ${gateway.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void gateway.close());
