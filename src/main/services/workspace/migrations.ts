import type { Migration } from './workspace-database.ts'

/** What brings older databases up to date, oldest first: number n leads from schema n to n + 1. Never change one that was shipped. */
export const migrations: readonly Migration[] = []
