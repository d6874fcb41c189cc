/** Points of a sweep as they are typed: percents ("0.5%") or counts ("192"), parted by commas or blanks. */
export function readGrid(text: string): { grid: string[] } | { problem: string } {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  if (parts.length === 0) return { problem: 'Give at least one point, for instance 0, 1%, 5%.' }
  if (parts.length > 50) return { problem: `A sweep has at most 50 points; these are ${parts.length}.` }
  for (const part of parts) {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(part)
    if (!match) return { problem: `“${part}” is neither a count such as 192 nor a percent such as 0.5%.` }
    if (match[2] === '%' && Number(match[1]) > 100) return { problem: `${part} is more than all neurons.` }
    if (match[2] === '' && !Number.isInteger(Number(match[1])))
      return { problem: `${part} neurons: give a whole number.` }
  }
  return { grid: [...new Set(parts)] }
}
