import { Injectable } from '@nestjs/common';
import { type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import { BookReturned } from './events.js';
import { ServeNextReader } from './serve-next-reader.js';

@Injectable()
export class ReservationSaga {
  @Saga()
  serveNextReader = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(BookReturned),
      map(({ bookId }) => new ServeNextReader(bookId)),
    );
}
