import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../messaging/index.js';
import { ParkedMessageNotFound, ParkedMessageRefused } from './errors.js';
import { isTemporary, MessageIntake } from './message-intake.js';
import { ParkedMessages, reasonOf } from './parked-messages.js';

/** Carries a parked message out and removes it, in one transaction; refused again, it stays, and its history tells so. */
@Injectable()
export class RetryParkedMessage {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly intake: MessageIntake,
    private readonly parked: ParkedMessages,
  ) {}

  async execute(id: string, actor: string): Promise<void> {
    try {
      await this.unitOfWork.run(async () => {
        // Its id was taken when it was parked: here the row is what keeps it from being carried out twice.
        await this.intake.carryOut(await this.parked.reclaim(id));
        await this.parked.remove(id);
      });
    } catch (error) {
      if (isTemporary(error) || error instanceof ParkedMessageNotFound) throw error;
      await this.parked.refused(id, error, actor);
      throw new ParkedMessageRefused(reasonOf(error));
    }
  }
}
