import type { Command } from 'commander'
import type { Budget } from '../services/language-models/index.ts'
import { nonNegativeNumber, wholeNumber } from './options.ts'

export interface BudgetOptions {
  readonly budgetUsd?: number
  readonly budgetTokens?: number
}

/** What a command may spend on a language model. */
export function withBudget(command: Command): Command {
  return command
    .option(
      '--budget-usd <x>',
      'stop before more than this many US dollars are spent; a server on this machine or in its network counts as free until its model has a price',
      nonNegativeNumber('--budget-usd'),
    )
    .option(
      '--budget-tokens <n>',
      'stop before more tokens than this are used, prompts and answers together',
      wholeNumber('--budget-tokens', 1),
    )
}

export function budgetOf({ budgetUsd, budgetTokens }: BudgetOptions): Budget | null {
  if (budgetUsd === undefined && budgetTokens === undefined) return null
  return { maxCost: budgetUsd ?? null, maxTokens: budgetTokens ?? null }
}
