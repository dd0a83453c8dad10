from django.urls import path

from knowledge import views

urlpatterns = [
    path("", views.dashboard),
    path("documents/", views.document_list),
    path("documents/<int:key>/", views.document),
    path("documents/<int:key>/comments/", views.add_comment),
    path("documents/external/<str:external_id>/", views.document_by_external_id),
    path("imports/<str:source>/", views.documents_of_import),
    path("gaps/", views.gaps),
]
