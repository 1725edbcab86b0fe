// SPDX-License-Identifier: Apache-2.0
// One call to falco, made of @grpc/grpc-js and services.json alone. Prints a line of JSON for every
// message, and at last {"code": STATUS, "details": TEXT}; sub begins with {"subscribed": true}.
//
// usage: client.js METHOD ADDRESS [OPTION=VALUE ...]   METHOD: version, get, sub, gone, malformed
//   folder=F     with node_modules
//   ca=, cert=, key=   files; ca alone: TLS without a certificate of our own
//   count=N      sub: end the requests when N messages are there (else go on until the server ends)
//   every=MS     sub: a request every MS milliseconds (default 20)
//   stall=1      sub: after the first message, read no further until a line comes on standard input
"use strict";
const fs = require("fs");
const path = require("path");
const [method, address, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map((o) => [o.slice(0, o.indexOf("=")), o.slice(o.indexOf("=") + 1)]));
const need = (name) => require(path.resolve(options.folder, "node_modules", name));
const grpc = need("@grpc/grpc-js");
const services = JSON.parse(fs.readFileSync(path.join(__dirname, "services.json")));
const loaded = need("@grpc/proto-loader").fromJSON(services, {keepCase: true, longs: String, enums: String, defaults: true});
const falco = grpc.loadPackageDefinition(loaded).falco;

function credentials() {
	const file = (name) => (options[name] ? fs.readFileSync(options[name]) : null);
	return options.ca ? grpc.credentials.createSsl(file("ca"), file("key"), file("cert")) : grpc.credentials.createInsecure();
}

const print = (o) => process.stdout.write(JSON.stringify(o) + "\n");
const Service = (method === "version" ? falco.version : falco.outputs).service;
const client = new Service(address, credentials(), {"grpc.ssl_target_name_override": "localhost"});

function end(error) {
	print({code: error ? error.code : 0, details: error ? error.details : ""});
	client.close();
}

function answer(error, response) {
	if (response)
		print(response);
	end(error);
}

function subscribe() {
	const call = client.sub();
	let seen = 0;
	const ask = () => call.write({});
	const timer = setInterval(ask, Number(options.every || 20));
	call.on("data", (m) => {
		print(m);
		if (++seen === Number(options.count)) {
			clearInterval(timer);
			call.end();
		}
		if (seen === 1 && options.stall) {
			call.pause();
			process.stdin.once("data", () => call.resume());
		}
	});
	call.on("metadata", () => print({subscribed: true}));
	call.on("error", () => {});
	call.on("status", (s) => {
		clearInterval(timer);
		process.stdin.destroy();
		setImmediate(() => end(s.code ? s : null));
	});
	ask();
}

function get() {
	const call = client.get({});
	call.on("data", print);
	call.on("error", end);
	call.on("end", () => end(null));
}

function malformed() {
	const raw = new grpc.Client(address, credentials());
	raw.makeUnaryRequest("/falco.version.service/version", (x) => x, (x) => x, Buffer.from("ffffffff", "hex"), (e) => {
		raw.close();
		end(e);
	});
}

const methods = {
	version: () => client.version({}, answer),
	gone: () => client.gone({}, answer),
	get, sub: subscribe, malformed,
};
methods[method]();
