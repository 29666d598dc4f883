// Calls the server named on the command line and prints the results as one JSON object.
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

const [endpoint, home] = process.argv.slice(2);
const require = createRequire(pathToFileURL(home + "/"));
const bedrock = require("@aws-sdk/client-bedrock-runtime");
const sagemaker = require("@aws-sdk/client-sagemaker-runtime");
const a2i = require("@aws-sdk/client-sagemaker-a2i-runtime");
const vision = require("@aws-sdk/client-lookoutvision");
const { NodeHttpHandler } = require("@smithy/node-http-handler");

const config = { endpoint, region: "eu-west-1", maxAttempts: 1, credentials: { accessKeyId: "111122223333", secretAccessKey: "s" } };
const modelId = "anthropic.claude-3-haiku-20240307-v1:0";
const messages = [{ role: "user", content: [{ text: "Hi" }] }];
const results = {};

async function converse(name, client) {
  const answer = await client.send(new bedrock.ConverseCommand({ modelId, messages }));
  const pieces = [];
  const streamed = await client.send(new bedrock.ConverseStreamCommand({ modelId, messages }));
  for await (const event of streamed.stream) pieces.push(event.contentBlockDelta?.delta?.text ?? "");
  const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] });
  const invoked = await client.send(new bedrock.InvokeModelWithResponseStreamCommand({ modelId, body }));
  const chunks = [];
  for await (const event of invoked.body) chunks.push(JSON.parse(Buffer.from(event.chunk.bytes).toString()));
  results[name] = { text: answer.output.message.content[0].text, streamed: pieces.join(""), raw: chunks.map((c) => c.delta?.text ?? "").join("") };
  results[name].broken = await failure(async () => {
    const broken = await client.send(new bedrock.ConverseStreamCommand({ modelId: "meta.llama3-8b-instruct-v1:0", messages }));
    for await (const event of broken.stream) results[name].first ??= Object.keys(event)[0];
  });
  results[name].throttled = await failure(() => client.send(new bedrock.ConverseCommand({ modelId: "cohere.command-r-v1:0", messages })));
  results[name].inArn = (await client.send(new bedrock.ConverseCommand({ modelId: `arn:aws:bedrock:eu-west-1::foundation-model/${modelId}`, messages }))).stopReason;
  results[name].many = (await Promise.all(Array.from({ length: 64 }, async () => {
    const { stream } = await client.send(new bedrock.ConverseStreamCommand({ modelId, messages }));
    let text = "";
    for await (const event of stream) text += event.contentBlockDelta?.delta?.text ?? "";
    return text;
  }))).filter((text) => text === "Hello from mlmock").length;
  client.destroy();
}

async function failure(call) {
  try { await call(); } catch (error) {
    return { name: error.name, status: error.$metadata?.httpStatusCode, message: error.message, original: error.OriginalStatusCode };
  }
}

await converse("http2", new bedrock.BedrockRuntimeClient(config));
await converse("http1", new bedrock.BedrockRuntimeClient({ ...config, requestHandler: new NodeHttpHandler() }));

const runtime = new sagemaker.SageMakerRuntimeClient(config);
const answer = await runtime.send(new sagemaker.InvokeEndpointCommand({ EndpointName: "churn", Body: "[1]" }));
results.endpoint = JSON.parse(Buffer.from(answer.Body).toString());
const parts = await runtime.send(new sagemaker.InvokeEndpointWithResponseStreamCommand({ EndpointName: "llm", Body: "x" }));
results.parts = [];
for await (const part of parts.Body) results.parts.push(Buffer.from(part.PayloadPart.Bytes).toString());
results.failure = await failure(() => runtime.send(new sagemaker.InvokeEndpointCommand({ EndpointName: "failing", Body: "x" })));

const loops = new a2i.SageMakerA2IRuntimeClient(config);
await loops.send(new a2i.StartHumanLoopCommand({ HumanLoopName: "js", FlowDefinitionArn: "arn:aws:sagemaker:eu-west-1:111122223333:flow-definition/review", HumanLoopInput: { InputContent: "{}" } }));
results.loop = (await loops.send(new a2i.DescribeHumanLoopCommand({ HumanLoopName: "js" }))).HumanLoopStatus;
results.missing = await failure(() => loops.send(new a2i.DescribeHumanLoopCommand({ HumanLoopName: "none" })));

const projects = new vision.LookoutVisionClient(config);
await projects.send(new vision.CreateProjectCommand({ ProjectName: "circuits" }));
const image = Buffer.from(process.argv[4], "base64");
const detected = await projects.send(new vision.DetectAnomaliesCommand({ ProjectName: "hosted", ModelVersion: "1", ContentType: "image/png", Body: Readable.from([image.subarray(0, 20), image.subarray(20)]) }));
results.anomalous = detected.DetectAnomalyResult.IsAnomalous;
results.projects = (await projects.send(new vision.ListProjectsCommand({}))).Projects.map((p) => p.ProjectName);
console.log(JSON.stringify(results));
