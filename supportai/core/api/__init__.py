"""The manners that all REST resources share: problems, pages, filters, bodies, keys, limits and their description.

Settings name these modules while rest_framework.views itself loads, so this package imports nothing by itself, and only
`problems` and `idempotency`, which are loaded later, may import the framework's views.
"""
