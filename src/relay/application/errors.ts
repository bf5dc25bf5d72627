import { DomainError } from '../../kernel/domain-error.js';

export class MessageIdMissing extends DomainError {
  constructor() {
    super('MESSAGE_ID_MISSING', 'invalid', 'It needs a message-id of 1 to 255 printable characters.');
  }
}

export class MessageTypeUnknown extends DomainError {
  constructor(type: string | undefined, known: readonly string[]) {
    const given = type ? `"${type}"` : 'missing';
    super('MESSAGE_TYPE_UNKNOWN', 'invalid', `The type is ${given}; accepted are ${known.join(', ')}.`);
  }
}

export class MessageBodyInvalid extends DomainError {
  constructor(detail: string) {
    super('MESSAGE_BODY_INVALID', 'invalid', detail);
  }
}

export class ParkedMessageNotFound extends DomainError {
  constructor(id: string) {
    super('PARKED_MESSAGE_NOT_FOUND', 'not-found', `No message ${id} is parked.`);
  }
}

export class ParkedMessageRefused extends DomainError {
  constructor(reason: string) {
    super('PARKED_MESSAGE_REFUSED', 'conflict', `It was refused again: ${reason}`);
  }
}
