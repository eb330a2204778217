import type { TaskMessage, ThreadStart } from '../wire/messages.js';
import { Thread } from './thread.js';

/** What piscina calls in a thread: state that lives as long as the thread, and is of no other. */
const thread = new Thread();

/** @internal */
export const start = (init: ThreadStart): Promise<void> => thread.start(init);
/** @internal */
export const execute = (task: TaskMessage): Promise<void> => thread.execute(task);
/** @internal */
export const dispose = (): Promise<void> => thread.dispose();
