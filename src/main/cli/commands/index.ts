import type { Command } from 'commander'
import type { CommandDoor } from '../command-door.ts'
import { addAnswers } from './answers.ts'
import { addConvert } from './convert.ts'
import { addData } from './data.ts'
import { addDemo } from './demo.ts'
import { addDoctor } from './doctor.ts'
import { addEvaluate } from './evaluate.ts'
import { addExplain } from './explain.ts'
import { addExport } from './export.ts'
import { addForgetConcepts } from './forget-concepts.ts'
import { addGenerate } from './generate.ts'
import { addImport } from './import.ts'
import { addInspect } from './inspect.ts'
import { addLedger } from './ledger.ts'
import { addLogprobs } from './logprobs.ts'
import { addNeuron } from './neuron.ts'
import { addPlan } from './plan.ts'
import { addProviders } from './providers.ts'
import { addRank } from './rank.ts'
import { addRate } from './rate.ts'
import { addRecord } from './record.ts'
import { addReport } from './report.ts'
import { addRun } from './run.ts'
import { addServe } from './serve.ts'
import { addSweep } from './sweep.ts'
import { addTokens } from './tokens.ts'

/** Every command, in the order of the help; a new one is a file beside this and a line here. */
export const commands: readonly ((program: Command, door: CommandDoor) => void)[] = [
  addDemo,
  addInspect,
  addData,
  addTokens,
  addLogprobs,
  addGenerate,
  addRecord,
  addNeuron,
  addExplain,
  addForgetConcepts,
  addImport,
  addConvert,
  addRate,
  addRank,
  addPlan,
  addEvaluate,
  addSweep,
  addExport,
  addRun,
  addReport,
  addServe,
  addProviders,
  addLedger,
  addAnswers,
  addDoctor,
]
