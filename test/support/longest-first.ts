import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, longest first: started last, one of them would run on alone while the other worker waits. */
const long = ['cli/recipe']

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
