import { SnipError } from '../../../contract/failure.ts'
import type { Task } from '../task.ts'

/** Works until it ends or the budget is used up, which becomes a warning. Returns what said that it is used up, else null. */
export async function untilSpent(work: () => Promise<void>, task: Task): Promise<SnipError | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (!(error instanceof SnipError) || error.kind !== 'budget') throw error
    task.warn(error.message)
    return error
  }
}
