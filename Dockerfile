# One image for all processes of the product; compose.yaml says which one each container runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 DJANGO_SETTINGS_MODULE=supportai.settings.production DATA_DIR=/data
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt -c constraints.txt
COPY manage.py ./
COPY supportai supportai
COPY accounts accounts
COPY integrations integrations
COPY knowledge knowledge
COPY tickets tickets
COPY insights insights
COPY templates templates
# Collecting reads settings that production demands; these values end with the command.
RUN SECRET_KEY=for-collecting-static-files-and-nothing-else EMAIL_URL=smtp://localhost DATA_DIR=/tmp/data \
    python manage.py collectstatic --no-input \
    && useradd --create-home supportai && mkdir /data && chown supportai /data
USER supportai
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "supportai.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8"]
