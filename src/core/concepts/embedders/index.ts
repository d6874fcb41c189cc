import { subjectSif } from './subject-sif.ts'

/** All embedders by id. */
export const embedders = { [subjectSif.id]: subjectSif } as const
