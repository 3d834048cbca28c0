import { OpenWorkflow } from "openworkflow"
import { arrivals } from "./inFlight.js"

/**
 * A hundred runs at a time in the worker. `handle.result()` looks once a second, so the end is taken from where it
 * becomes durable: the backend's own completing write.
 */
export const workerOn = async (backend) => {
  const ends = arrivals()
  const complete = backend.completeWorkflowRun.bind(backend)
  backend.completeWorkflowRun = async (params) => {
    const completed = await complete(params)
    ends.arrive(params.workflowRunId)
    return completed
  }
  const openWorkflow = new OpenWorkflow({ backend })
  const workflow = openWorkflow.defineWorkflow({ name: "bench" }, async () => 1)
  await openWorkflow.newWorker({ concurrency: 100 }).start()
  return async () => {
    const handle = await workflow.run()
    await ends.of(handle.workflowRun.id)
  }
}
