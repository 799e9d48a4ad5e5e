// One task of one contender: node child.js CONTENDER TASK SETTINGS. The result leaves through the IPC channel.
import { loadContender } from './contenders/index.js';

process.once('disconnect', () => process.exit()); // the parent is gone, or has the result

const [contender, task, settings] = process.argv.slice(2);
const tasks = await loadContender(contender);
const result = await tasks[task](JSON.parse(settings));
process.send(result, () => process.disconnect());
