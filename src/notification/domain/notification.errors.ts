import { DomainError } from '../../kernel/domain-error.js';

export class NotificationNotFound extends DomainError {
  constructor(id: string) {
    super('NOTIFICATION_NOT_FOUND', 'not-found', `There is no notification ${id}.`);
  }
}

export class NotificationPending extends DomainError {
  constructor(id: string) {
    super('NOTIFICATION_PENDING', 'conflict', `Notification ${id} is still on its way.`);
  }
}

export class NotificationErased extends DomainError {
  constructor(id: string) {
    super('NOTIFICATION_ERASED', 'conflict', `The recipient and the content of notification ${id} are erased.`);
  }
}

export class MailServerMissing extends DomainError {
  constructor() {
    super('MAIL_SERVER_MISSING', 'conflict', 'No mail server is set up: mails are kept, not sent.');
  }
}
