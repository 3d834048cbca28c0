/**
 * The disk of a host's journal, which can be full: then whatever would be written to it fails as the system would say it.
 * A real limit (of the size of files, of a file system) would take the log and the database of the host as well, or need
 * rights that whoever runs this may not have.
 *
 * @since 0.1.0
 */

import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface Disk {
  isFull: boolean
}

const noSpace = new SystemError({
  module: "FileSystem",
  method: "writeAll",
  reason: "Unknown",
  description: "ENOSPC: no space left on device, write"
})

const guarded = (disk: Disk, file: FileSystem.File): FileSystem.File => {
  // A file has its methods on its prototype: they are reached through it, all but one.
  const made: FileSystem.File = Object.create(file)
  const writeAll: FileSystem.File["writeAll"] = (buffer) =>
    Effect.suspend(() => (disk.isFull ? Effect.fail(noSpace) : file.writeAll(buffer)))
  return Object.defineProperty(made, "writeAll", { value: writeAll })
}

export const layer = (disk: Disk): Layer.Layer<FileSystem.FileSystem> =>
  Layer.provide(
    Layer.effect(
      FileSystem.FileSystem,
      Effect.map(FileSystem.FileSystem, (files) => ({
        ...files,
        open: (...given: Parameters<typeof files.open>) =>
          Effect.map(files.open(...given), (file) => guarded(disk, file))
      }))
    ),
    NodeFileSystem.layer
  )
