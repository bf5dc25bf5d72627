// A system's process: loads one adapter and does what it is told, until the one who tells is gone.
import { TASKS } from './tasks.mjs';

const [name, databaseUrl, use] = process.argv.slice(2);

const loading = import(`./systems/${name}.mjs`).then(({ default: System }) => new System(databaseUrl, use));
loading.catch(() => undefined);

process.on('message', ({ id, task, args }) => {
  perform(task, args).then(
    (result) => process.send({ id, result }),
    ({ message, stack }) => process.send({ id, error: { message, stack } }),
  );
});
// What is still running would keep the process alive.
process.on('disconnect', () => process.exit());

async function perform(task, args) {
  const system = await loading;
  return task in TASKS ? TASKS[task](system, ...args) : system[task](...args);
}
