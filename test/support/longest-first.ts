import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, longest first: started last, one of them would run on alone while the other worker waits. */
const long = [
  'cli/recipe',
  'e2e/story-keyboard',
  'e2e/story-concepts',
  'e2e/story-mouse',
  'e2e/axe',
  'e2e/faults',
  'llm/killed',
  'cli/interruption',
  'engine/exports',
  'e2e/review',
  'e2e/compare',
  'cli/job',
  'e2e/frame',
  'cli/bad-input',
  'e2e/language-models',
  'unit/onnx/hostile-graphs',
  'engine/workbench-measures',
  'e2e/disk-full',
  'e2e/neurons',
  'engine/export-formats',
  'e2e/prune',
  'cli/local-model',
  'door/transports',
  'cli/export-formats',
  'engine/recording-resume',
  'unit/onnx/fuzz-onnx',
  'e2e/explain-llm',
  'desktop/package',
  'engine/report',
  'door/serve',
  'unit/tokenizer/differential',
  'door/page',
  'e2e/recent-models',
  'e2e/model',
  'e2e/export',
  'e2e/data',
  'engine/webgpu',
  'engine/foreign-onnx',
  'llm/planted-scorers',
  'unit/tokenizer/safe-cuts',
]

/** Starts the longest files first, and leaves the others in Vitest's order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return at < 0 ? long.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
