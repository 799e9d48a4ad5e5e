// One task of one contender: node child.js CODE TASK SETTINGS. The result leaves through the IPC channel.
import { loadTasks } from './contenders/index.js';

process.once('disconnect', () => process.exit()); // the parent has exited, or has the result
process.once('SIGTERM', () => process.exit(143)); // exit handlers end the contender's children

const [code, task, settings] = process.argv.slice(2);
const tasks = await loadTasks(code);
const result = await tasks[task](JSON.parse(settings));
process.send(result, () => process.disconnect());
