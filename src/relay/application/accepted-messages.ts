import type { ICommand } from '@nestjs/cqrs';
import { z } from 'zod';
import { CreateBatch } from '../../allocation/index.js';
import { MessageBodyInvalid, MessageTypeUnknown } from './errors.js';

/** As in the paths of the API: whatever comes in by a queue can be asked for over HTTP. */
const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);

/** What may be asked for from outside, by the message's type. Each is a command that anybody who may send can send. */
const ACCEPTED = {
  'allocation.create-batch': accept(
    z.strictObject({
      ref: code,
      sku: code,
      quantity: z.int().min(1).max(1_000_000),
      eta: z.iso
        .date()
        .refine((date) => date >= '0001-01-01', 'There is no year 0.')
        .nullable()
        .default(null),
    }),
    (batch) => new CreateBatch(batch),
  ),
};

function accept<S extends z.ZodType>(schema: S, toCommand: (data: z.output<S>) => ICommand) {
  return (body: unknown): ICommand => {
    const read = schema.safeParse(body);
    if (!read.success) throw new MessageBodyInvalid(z.prettifyError(read.error));
    return toCommand(read.data);
  };
}

/**
 * The command that a message asks for.
 *
 * @throws MessageTypeUnknown, MessageBodyInvalid
 */
export function commandOf(type: string | undefined, body: Buffer): ICommand {
  const read = new Map(Object.entries(ACCEPTED)).get(type ?? '');
  if (!read) throw new MessageTypeUnknown(type, Object.keys(ACCEPTED));
  return read(parse(body));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new MessageBodyInvalid(`It is no JSON: ${(error as Error).message}`);
  }
}
