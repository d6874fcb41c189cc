import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, longest first: started last, one of them would run on alone while the other worker waits. */
const long = [
  'cli/recipe',
  'e2e/story-keyboard',
  'e2e/story-mouse',
  'e2e/story-concepts',
  'e2e/faults',
  'e2e/frame',
  'e2e/axe',
  'e2e/review',
  'cli/bad-input',
  'llm/killed',
  'engine/workbench-measures',
  'engine/exports',
  'cli/job',
  'cli/interruption',
  'e2e/compare',
  'e2e/neurons',
  'engine/export-formats',
  'unit/onnx/hostile-graphs',
  'e2e/disk-full',
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
