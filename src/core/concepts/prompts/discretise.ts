/**
 * Activations of the records of one prompt as whole numbers from 0 to 10: floor(10 relu(a) / M), at most 10, where M is
 * the largest relu'd activation of all these records; all zeros when M is 0. Floor, so that only the maximum gets 10
 * (OpenAI's neuron explainer; Delphi takes the ceiling). An activation that is not a number counts as 0.
 */
export function discretise(records: readonly ArrayLike<number>[]): number[][] {
  let largest = 0
  for (const record of records) {
    for (let i = 0; i < record.length; i++) if ((record[i] ?? 0) > largest) largest = record[i] ?? 0
  }
  return records.map((record) =>
    Array.from(record, (activation) => {
      if (!(activation > 0) || !(largest > 0)) return 0
      return Math.min(10, activation === largest ? 10 : Math.floor((10 * activation) / largest))
    }),
  )
}
