// Shows the OpenAPI document with Swagger UI, which the page has loaded before this module.
const place = document.getElementById("api-docs");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  // No badge of a validator outside of this machine.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // A token stays in the page: closing it forgets it.
  persistAuthorization: false,
  tagsSorter: "alpha",
});
