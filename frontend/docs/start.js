// Starts Swagger UI on the facade's description. The script before this one defines SwaggerUIBundle.

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  // The default sends the description to a server on the internet, to be checked.
  validatorUrl: null,
  // The facade takes no cookie, so none has to be sent.
  requestInterceptor: (request) => ({ ...request, credentials: "omit" }),
});
