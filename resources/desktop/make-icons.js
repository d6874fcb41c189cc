import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Renders icon.svg into every form that the systems want. Needs `rsvg-convert` (librsvg); its output is committed. */
const here = import.meta.dirname
const png = (size) =>
  execFileSync('rsvg-convert', ['-w', String(size), '-h', String(size), join(here, 'icon.svg')], { maxBuffer: 1 << 26 })

mkdirSync(join(here, 'icons'), { recursive: true })
for (const size of [16, 32, 48, 64, 128, 256, 512]) writeFileSync(join(here, 'icons', `${size}x${size}.png`), png(size))
writeFileSync(join(here, 'icon.png'), png(256))

/** An .ico: a directory of 16-byte entries, then the PNGs. A size of 256 is written as 0. */
const sizes = [16, 32, 48, 64, 128, 256]
const images = sizes.map(png)
const directory = Buffer.alloc(6 + 16 * sizes.length)
directory.writeUInt16LE(1, 2)
directory.writeUInt16LE(sizes.length, 4)
let offset = directory.length
sizes.forEach((size, index) => {
  const at = 6 + 16 * index
  directory.writeUInt8(size % 256, at)
  directory.writeUInt8(size % 256, at + 1)
  directory.writeUInt16LE(1, at + 4)
  directory.writeUInt16LE(32, at + 6)
  directory.writeUInt32LE(images[index].length, at + 8)
  directory.writeUInt32LE(offset, at + 12)
  offset += images[index].length
})
writeFileSync(join(here, 'icon.ico'), Buffer.concat([directory, ...images]))

/** An .icns: blocks of a four-letter type, the block's length, a PNG. */
const blocks = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
  ['ic10', 1024],
  ['ic11', 32],
  ['ic12', 64],
  ['ic13', 256],
  ['ic14', 512],
].map(([type, size]) => {
  const image = png(size)
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32BE(8 + image.length, 4)
  return Buffer.concat([head, image])
})
const body = Buffer.concat(blocks)
const head = Buffer.alloc(8)
head.write('icns', 'latin1')
head.writeUInt32BE(8 + body.length, 4)
writeFileSync(join(here, 'icon.icns'), Buffer.concat([head, body]))
